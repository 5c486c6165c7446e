"""What a deployment costs on AWS: prices, counts, and the rules between them."""
