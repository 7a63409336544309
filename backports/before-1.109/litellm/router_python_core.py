"""No touch here: before 1.109 the Router itself is Python."""
