"""People who sign in with an identity provider of their own: OpenID Connect."""
