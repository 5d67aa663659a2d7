"""The partners' JSON API, one module per resource."""
