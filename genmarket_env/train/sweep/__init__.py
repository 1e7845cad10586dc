"""What long work needs: parts that are kept as they finish, in one store, each with the code that computed it."""
