"""Has no entry point: two classes, and nobody says which."""


class First:
    """One of two."""

    def handle(self, data, context):
        return data


class Second:
    """The other one."""

    def handle(self, data, context):
        return data
