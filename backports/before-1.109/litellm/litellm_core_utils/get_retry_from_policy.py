"""No touch here: before 1.109 retry policies are read in `router_utils`."""
