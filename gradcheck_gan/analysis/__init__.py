"""Analysis of a recorded run: players, ledger, flow, and what rules ask of them."""
