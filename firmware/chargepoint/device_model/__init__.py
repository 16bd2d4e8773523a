"""The device model: components, variables, their values, and the reports on them."""
