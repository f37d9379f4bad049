"""Keeps state: adds up the numbers of each sequence. `stop` ends a sequence, `die` the process."""

import json
import os


class Counter:
    """One sum for each sequence."""

    def initialize(self, context):
        self.sums = {}

    def handle(self, data, context):
        answers = []
        for index, row in enumerate(data):
            text = bytes(row.get("data") or row.get("body")).decode()
            sequence = context.get_sequence_id(index)
            if text == "die":
                os._exit(3)
            if context.get_request_header(index, context.header_key_sequence_start):
                self.sums[sequence] = 0
            if text == "stop":
                context.set_response_header(index, context.header_key_sequence_end, "true")
            else:
                self.sums[sequence] += int(text)
            context.set_response_header(index, context.header_key_sequence_id, sequence)
            answers.append(json.dumps({"sum": self.sums[sequence], "pid": os.getpid(), "batch": len(data)}))
        return answers
