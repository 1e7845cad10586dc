"""Schemes of entry, references and reinforcement learning on the same markets: what each releases, and what it wins."""
