"""The error a user can act on."""


class UserError(Exception):
    """Says in one sentence what is wrong and what to do; the command line prints just that."""
