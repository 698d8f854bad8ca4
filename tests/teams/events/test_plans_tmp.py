import re, asyncpg
from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Statement
from kizuna.teams.events import queries

async def test_it(database_url):
    c = await asyncpg.connect(database_url, server_settings=_PLANNER)
    await c.execute("set plan_cache_mode = force_generic_plan")
    out=[]
    for s in vars(queries).values():
        if isinstance(s, Statement):
            await c.execute(f'prepare "{s.name}" as {s.sql}')
            n=max(map(int, re.findall(r"\$(\d+)", s.sql)))
            rows=await c.fetch(f'explain (costs off) execute "{s.name}" ({", ".join(["null"]*n)})')
            out.append(s.name+"\n"+"\n".join(r[0] for r in rows))
    await c.close()
    open("/tmp/r3/plans.txt","w").write("\n\n".join(out))
