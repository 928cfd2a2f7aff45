"""The endpoints of `v1`, one file per noun."""
