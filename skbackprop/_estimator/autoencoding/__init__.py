"""What is particular to the autoencoder, beside its class."""
