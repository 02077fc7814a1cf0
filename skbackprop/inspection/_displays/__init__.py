"""Pictures of fitted estimators, one display a file."""
