package ai.mariner.core.queue;

import ai.mariner.core.config.Profile;
import ai.mariner.core.config.SequenceNames;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Headers;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Sequence;
import org.jspecify.annotations.Nullable;

/**
 * How requests to stateful models say which sequence they belong to.
 *
 * @param names of the headers
 * @param unknownBegins whether a request with an id that is not known begins a sequence, as in
 *     TorchServe, though it does not say so
 */
public record SequencePolicy(SequenceNames names, boolean unknownBegins) {
  private static final int LONGEST_ID = 256;

  /** TorchServe's names, in the manner of a profile. */
  public static SequencePolicy of(Profile profile) {
    return new SequencePolicy(SequenceNames.DEFAULT, profile.unknownSequencesBegin());
  }

  /**
   * What the protocol says of a request's sequence, else its headers; absent: nothing.
   *
   * @throws ServeException if the id is too long
   */
  @Nullable Sequence read(InferenceRequest request) {
    Sequence told = request.sequence();
    if (told == null) {
      Headers headers = request.headers();
      String id = headers.first(names.id());
      if (id == null || id.isEmpty()) {
        return null;
      }
      told =
          new Sequence(
              id, isTrue(headers.first(names.start())), isTrue(headers.first(names.end())));
    }
    if (told.id().length() > LONGEST_ID) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          names.id()
              + ": "
              + told.id().length()
              + " characters (expected: at most "
              + LONGEST_ID
              + ")");
    }
    return told;
  }

  /** Whether the text of a flag says yes. */
  static boolean isTrue(@Nullable String text) {
    return text != null && text.trim().equalsIgnoreCase("true");
  }
}
