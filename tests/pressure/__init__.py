"""The fork under pressure: generated input, faults on the wire, many clients, and observers as an operator has them."""
