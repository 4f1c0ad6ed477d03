"""Talking videos to tracks, a latent basis and a trained motion model. The only place besides the network that may import torch."""
