package ai.mariner.core.queue;

import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Sequence;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntSupplier;

/** Finds each request its place in a sequence, or says why there is none. Changes nothing open. */
final class SequenceGate {
  private final Map<String, OpenSequence> open;
  private final LostSequences lost;
  private final SequenceLimits limits;
  private final SequencePolicy policy;
  private final SequenceWords words;
  private final IntSupplier workers;

  /**
   * Looks at sequences that others keep.
   *
   * @param open those that have begun and not ended
   * @param lost those that were lost and whose clients have not been told
   * @param workers how many workers there are
   */
  SequenceGate(
      Map<String, OpenSequence> open,
      LostSequences lost,
      SequenceLimits limits,
      SequencePolicy policy,
      SequenceWords words,
      IntSupplier workers) {
    this.open = open;
    this.lost = lost;
    this.limits = limits;
    this.policy = policy;
    this.words = words;
    this.workers = workers;
  }

  /**
   * The request with its place in a sequence, which is a new one for a request that names none.
   *
   * @throws ServeException if the sequence is not known, is ending, or there is no room
   */
  InferenceRequest placed(InferenceRequest request) {
    if (request.operation() == Operation.DESCRIBE) {
      return request;
    }
    Sequence asked = policy.read(request);
    if (asked == null) {
      return request.in(beginning("ts-seq-" + UUID.randomUUID(), false));
    }
    OpenSequence known = open.get(asked.id());
    if (known == null) {
      if (!asked.start()) {
        String why = lost.take(asked.id());
        if (why != null) {
          throw SequenceWords.over(asked.id(), why).toException();
        }
        if (!policy.unknownBegins()) {
          throw words.unknown(asked.id()).toException();
        }
      }
      return request.in(beginning(asked.id(), asked.end()));
    }
    if (known.ending()) {
      throw words.ending(asked.id()).toException();
    }
    if (known.full(limits.perSequence())) {
      throw words.full(asked.id(), limits.perSequence()).toException();
    }
    return request.in(asked);
  }

  private Sequence beginning(String id, boolean end) {
    int most = limits.most(workers.getAsInt());
    if (open.size() >= most) {
      throw words.allTaken(open.size()).toException();
    }
    return new Sequence(id, true, end);
  }
}
