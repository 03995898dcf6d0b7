"""What anyone may see, published each night as a Data Package under a dated address."""
