"""The market of real generative models: diffusion models are trained, measured, and one more enters.

`python -m train.diffusion` runs the six steps of the paper's experiment on images at a size that a laptop can train:
data, reward classifier, pool and scores, the market before entry, entry, and the market after it. Needs the extra
`diffusion`.

Source: Section 6 of the paper, Wei, Shi, Zhang, "Market Games for Generative Models" (ICLR 2026).
"""
