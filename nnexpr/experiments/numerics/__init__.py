"""The talk "Numerical Understanding Of Neural Networks: From Representation to Learning Dynamics" (Zhao).

D = (−1, 1), units σ(x − b_i), a constant beside them in least squares; errors on the samples used.
"""

from __future__ import annotations

from nnexpr.experiments.discovery import Source

__all__ = ["EXPERIMENTS"]

SOURCE = Source(__name__, "Numerical understanding of neural networks (talk)")

EXPERIMENTS = (
    SOURCE.experiment(
        "gram_spectra",
        "spectral analysis for the Gram matrix",
        "Gram spectra: how fast the modes of a basis fade",
        "Do the eigenvalues fall as said, for ReLUs, their powers and smoother units, on the line and in the plane?",
        full="1000 units; 30 draws of up to 800 random knots; 2000 lines in the plane",
        quick="300 units; 5 draws of up to 200 knots; 500 lines",
    ),
    SOURCE.experiment(
        "low_pass",
        "low pass filter; adaptive against uniform biases",
        "The low-pass filter: which frequencies survive a cut-off",
        "How many modes does a precision keep, which targets do they capture, and do adaptive knots help?",
        full="1000 units",
        quick="300 units",
    ),
    SOURCE.experiment(
        "arctan_table",
        "Table 1",
        "Table 1: arctan(25x) by two bases, and what really decides it",
        "Is the loss of the ReLU basis in single precision the basis', or the solver's and its cut-off's?",
        full="n = 100 and 1000, 10,000 and 20,001 samples",
        quick="n = 100",
    ),
    SOURCE.experiment(
        "gradient_flow",
        "learning dynamics based on gradient flow: linear",
        "Gradient flow: modes are learned in turn, and noise last",
        "Does each mode take the time 1/λ, and is there a best time to stop?",
        full="30 draws of noise, 100 units",
        quick="5 draws, 60 units",
    ),
    SOURCE.experiment(
        "mode_laws",
        "learning dynamics based on gradient flow: nonlinear",
        "Halving a mode: how long it takes by its frequency",
        "Which power of m is the time to halve mode m, with trained and with fixed biases, and what does it depend on?",
        full="30 starts, 400 units and 200 with fixed biases, modes of up to 8 turns",
        quick="6 starts, modes of up to 4 turns",
    ),
    SOURCE.experiment(
        "smoother_units",
        "learning dynamics based on gradient flow: nonlinear, remark",
        "Halving a mode: smoother units, and Adam",
        "Are high modes slower the smoother the unit, and does Adam follow the law of gradient descent?",
        full="30 starts, 200 and 400 units, modes of up to 8 turns",
        quick="6 starts, modes of up to 4 turns",
    ),
    SOURCE.experiment(
        "global_local",
        "take home messages",
        "Global units against local ones",
        "Which basis is nearer to a smooth and to a rough target, from few samples and from many?",
        full="5 bases, 2 targets, 20 and 4000 samples",
        quick="the same",
    ),
    SOURCE.experiment(
        "random_features",
        "take home messages",
        "Random features against trained ones, and splines",
        "Do random features approximate smooth functions, and what does training them gain, by width and by freedom?",
        full="2 targets; 30 members of 4, 8, 16 and 32 units; 20 and 1000 samples; 100 steps, 2500 epochs of Adam",
        quick="4 members of 4 and 8 units; 20 steps",
    ),
    SOURCE.experiment(
        "rashomon_sets",
        "Rashomon set for two layer NN",
        "Rashomon sets: how likely parameters near a wave are",
        "How much of the parameters' space is near a wave, over frequency, width and error, and how near is the bound?",
        full="7 waves, widths 8, 16, 32 and 64, 3 errors; 200,000 draws, and 10 repeats of 500 states",
        quick="4 waves, widths 8 and 32; 20,000 draws, and 5 repeats of 100 states",
    ),
    SOURCE.experiment(
        "structured",
        "structured decomposition and approximation",
        "Structured decomposition: compositions and stretched pieces",
        "Are the decompositions identities of smoother parts, and what does fitting in pieces spare?",
        full="5 targets; 10 members, 2000 epochs",
        quick="2 targets; 1 member",
    ),
    SOURCE.experiment(
        "localized",
        "experiments: learning adaptivity",
        "A localized sine: a small MMNN beside linear elements",
        "Does an MMNN put its bends where the function is, and come nearer than elements with as many unknowns?",
        full="30 members, 10,000 epochs",
        quick="4 members, 1000 epochs",
    ),
    SOURCE.experiment(
        "oscillations",
        "experiments: sin(16πx), sin(16π|x|^1.5)",
        "Oscillations learned in few epochs, by MMNNs and by fully connected networks",
        "Do MMNNs learn high frequencies in so few epochs, and better than networks with as many parameters?",
        full="10 members, 60,000 samples in batches of 300",
        quick="2 members, 3000 samples",
        large="30 members",
    ),
    SOURCE.experiment(
        "waves",
        "experiments: waves of two variables",
        "Waves in the plane, learned by MMNNs",
        "Do MMNNs learn waves of two variables, and three times as fast ones, and what do linear elements do?",
        full="3 members and 1; 40,000 samples in batches of 400, 100 epochs",
        quick="1,600 samples, 6 epochs",
        large="160,000 samples in batches of 1,000, 1,000 epochs, as the talk's",
    ),
    SOURCE.experiment(
        "star",
        "experiments: learning adaptivity",
        "A small star in the plane: an MMNN beside linear elements",
        "Is an MMNN nearer to it than linear elements of as many degrees of freedom, and where is each of them off?",
        full="5 members; 40,000 samples in batches of 400, 500 epochs",
        quick="2 members; 1,600 samples, 6 epochs",
        large="5 members; 160,000 samples in batches of 1,000, 1,000 epochs, as the talk's",
    ),
)
