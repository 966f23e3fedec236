"""HTTP in, HTTP out. Turns requests into commands and views into answers; decides nothing."""
