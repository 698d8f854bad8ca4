<% work = upgrades or "pass" %>\
"""${message}"""

% if "sa." in work:
import sqlalchemy as sa
% endif
% if "op." in work:
from alembic import op
% endif
% if imports:
${imports}
% endif
% if "op." in work or imports:

% endif
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${work}


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only")
