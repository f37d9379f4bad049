package ai.mariner.core.cache;

import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.RequestWishes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stands for everything that an answer may depend on, as the 256 bits of its SHA-256: nobody can
 * make two requests with the same key that differ.
 */
public record AnswerKey(long a, long b, long c, long d) {
  /** Headers that choose what a handler answers, or how its input is to be read. */
  private static final List<String> HEADERS = List.of("url_path", "content-encoding", "accept");

  /** The key of a request; reads its bodies. */
  public static AnswerKey of(InferenceRequest request) {
    MessageDigest digest = sha256();
    text(digest, request.operation().name());
    length(digest, request.route());
    for (InputPart part : request.parts()) {
      digest.update((byte) 'p');
      text(digest, part.name());
      text(digest, part.contentType());
      length(digest, part.body().size());
      digest.update(part.body().bytes());
    }
    request
        .headers()
        .forEach(
            (name, value) -> {
              for (String wanted : HEADERS) {
                // REST tells handlers of an empty path where gRPC tells them of none.
                if (!value.isEmpty() && RequestWishes.isNamed(name, wanted)) {
                  digest.update((byte) 'h');
                  text(digest, wanted);
                  text(digest, value.toString());
                }
              }
            });
    ByteBuffer hash = ByteBuffer.wrap(digest.digest());
    return new AnswerKey(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
  }

  private static void text(MessageDigest digest, @Nullable String text) {
    if (text == null) {
      length(digest, -1);
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    length(digest, bytes.length);
    digest.update(bytes);
  }

  /** Lengths keep two fields from reading like one. */
  private static void length(MessageDigest digest, int length) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(length).flip());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
