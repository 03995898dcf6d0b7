"""Who is answered what: every address and method of the product × everybody who may ask, as a table (matrix.txt)."""
