"""Checks for the exercises: is an answer right, and if not, what to think of.

A chapter's checks lie in the module of its name. Each takes an answer, a value
or a function, and returns a ``Verdict``; none raises, whatever it is given.
``answers`` reads answers and tries functions out, for all of them.
"""
