"""Makes the Python environment of a model: `python -m ts._installer`, started by the frontend."""
