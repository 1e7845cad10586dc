"""What long work needs: parts that are kept as they finish, in one store, and processes that compute them."""
