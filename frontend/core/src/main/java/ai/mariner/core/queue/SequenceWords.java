package ai.mariner.core.queue;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.ModelKey;

/**
 * The words of a pool for requests of sequences that get no answer.
 *
 * @param key name and version of the model
 * @param policy names of the headers
 */
record SequenceWords(ModelKey key, SequencePolicy policy) {
  Failure unknown(String id) {
    return Failure.of(
        ErrorKind.BAD_REQUEST,
        "Model "
            + key
            + " has no sequence \""
            + id
            + "\": it has not begun, or has ended (expected: "
            + policy.names().start()
            + ": true in the first request of a sequence).");
  }

  Failure ending(String id) {
    return Failure.of(
        ErrorKind.BAD_REQUEST,
        "Sequence \""
            + id
            + "\" of model "
            + key
            + " is ending: a request with "
            + policy.names().end()
            + ": true has come (expected: no more requests).");
  }

  Failure allTaken(int most) {
    return Failure.of(
        ErrorKind.QUEUE_FULL,
        "Model "
            + key
            + " has no room for another sequence: "
            + most
            + " are open (maxNumSequence). Try again when one has ended.");
  }

  Failure full(String id, int most) {
    return Failure.of(
        ErrorKind.QUEUE_FULL,
        "The queue of sequence \""
            + id
            + "\" of model "
            + key
            + " is full (maxSequenceJobQueueSize: "
            + most
            + "). Send its next request when one was answered.");
  }

  /** A sequence is over before the request was done. */
  static Failure over(String id, String why) {
    return Failure.of(
        ErrorKind.SEQUENCE_LOST,
        "Sequence \"" + id + "\" has ended: " + why + ". What is left to do needs a new sequence.");
  }
}
