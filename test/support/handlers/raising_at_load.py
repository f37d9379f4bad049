"""Can't be loaded."""


def handle(data, context):
    if data is None:
        raise RuntimeError("the weights are from another planet")
    return ["never"] * len(data)
