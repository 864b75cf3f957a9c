"""Signing in at the servers that ask for it: OAuth 2.1 with PKCE, in steps that any process can take."""
