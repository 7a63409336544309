"""No touch here: before 1.110 the Router's core is Python."""
