"""Talking videos to tracks, a latent basis and a trained motion model; beside the network, the only user of torch."""
