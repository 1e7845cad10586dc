"""What a market's equilibria mean: prices of anarchy and stability, robustness, phase diagrams."""
