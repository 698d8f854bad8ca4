"""In-app purchases and subscriptions: confirmed by the stores, kept, and kept up to date by their notices.

stores         one module for each store: what it is asked, and how its signatures are verified
service        `Purchases`: what the store has confirmed is kept; who asks for it first, owns it
subscriptions  `Subscriptions`: the same for what expires
notices        what the stores tell on their own: renewals, refunds
"""
