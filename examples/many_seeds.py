"""Does depth help? Thirty seeds of two shapes with about as many parameters, on a random Fourier target.

Run: python examples/many_seeds.py
"""

import nnexpr

target = nnexpr.target("fourier", terms=6, seed=1, points=256)
for depth, width in ((2, 80), (5, 8)):
    network = nnexpr.mlp(depth=depth, width=width, members=30, seed=0)
    result = nnexpr.fit(network, target, epochs=1000, lr=5e-3)
    regions = [line.count for line in result.regions()]
    print(
        f"depth {depth}, width {width}, {network.parameter_count} parameters: "
        f"median loss {result.loss.median():.3g}, {min(regions)} to {max(regions)} linear regions"
    )
