"""The request messages of all operations, a file for each area, named as the operations are."""
