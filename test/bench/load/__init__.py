"""The load generators, each as one function that returns a `Sample`."""
