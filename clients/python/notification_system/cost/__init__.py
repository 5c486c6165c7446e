"""The cost calculator: prices, counted requests and the rules that combine them."""
