"""How close does a network come to the best piecewise-linear function with as many pieces?

Run: python examples/floors.py
"""

import nnexpr

target = nnexpr.target("expr:sin(2*pi*x)*exp(x)", points=512)
network = nnexpr.mlp(depth=3, width=16, members=8, seed=0)
result = nnexpr.fit(network, target, epochs=2000, lr=5e-3, schedule="cosine")
for loss, line in zip(result.loss.tolist(), result.regions(), strict=True):
    spline = nnexpr.spline_floor(target.own_inputs[:, 0], target.own_values, line.count)
    least, found = spline.lower_bound, "proved best" if spline.certified else f"best found {spline.mse:.2e}"
    print(
        f"{line.count:3d} regions, loss {loss:.2e}, {loss / least:8.1f} times the proved {least:.2e} ({found})"
    )
