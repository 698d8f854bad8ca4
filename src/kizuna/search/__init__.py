"""The query language of the lists of matches and parties, of the matchmaker and of the storage index.

query.py      text → `Query`, or `QueryError`
tokens.py     its words
regex.py, wildcard.py, fuzzy.py
              patterns, none of which any text can make expensive
documents.py  what is searched: the fields of JSON
matching.py   how well a document fits a query, if at all

+label.mode:ranked -label.full:T label.skill:>=50 label.map:ice*^2
"""
