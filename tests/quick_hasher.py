"""Passwords as the platform keeps them, at the least cost that Argon2 knows: a test guesses none."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1
