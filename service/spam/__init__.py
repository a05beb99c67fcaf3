"""The learning filter: what it counts, what it believes, and how a site's decisions change that."""
