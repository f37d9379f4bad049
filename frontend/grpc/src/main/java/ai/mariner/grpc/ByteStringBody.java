package ai.mariner.grpc;

import ai.mariner.core.message.Body;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;

/**
 * A bytes field of a received message. It lies in the Java heap and needs no release.
 *
 * @param content the field, kept alive by this body
 */
record ByteStringBody(ByteString content) implements Body {
  @Override
  public int size() {
    return content.size();
  }

  @Override
  public ByteBuffer bytes() {
    return content.asReadOnlyByteBuffer();
  }

  @Override
  public void release() {
    // The garbage collector does it.
  }

  @Override
  public Body share() {
    return this;
  }
}
