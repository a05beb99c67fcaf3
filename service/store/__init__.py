"""Where comments are kept: one file for each engine, one for each group of tables with all its SQL."""
