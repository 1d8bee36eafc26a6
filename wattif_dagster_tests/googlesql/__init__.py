"""Google's own SQL analyzer judges every statement that a test sends to BigQuery.

`make googlesql` installs it. `plugin.py` asks it about what `recorder/` saw the stock BigQuery
client send, in whatever process. GoogleSQL knows no planner, quotas or permissions, so what it
accepts can still be refused by BigQuery; `bounds.py` adds a bound on the size of statements.
"""
