package ai.mariner.plugins;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pytorch.serve.servingsdk.http.Response;

/** The answer that an endpoint makes. */
final class EndpointResponse implements Response {
  private static final String CONTENT_TYPE = "Content-Type";

  private final Output output;
  private final List<Reply.Header> headers = new ArrayList<>();
  private @Nullable Integer status;
  private @Nullable String phrase;

  EndpointResponse(int mostBytes) {
    this.output = new Output(mostBytes);
  }

  @Override
  public void setStatus(int newStatus) {
    setStatus(newStatus, null);
  }

  @Override
  public void setStatus(int newStatus, @Nullable String newPhrase) {
    status = newStatus;
    phrase = newPhrase;
  }

  @Override
  public void setHeader(String key, String value) {
    headers.removeIf(header -> header.name().equalsIgnoreCase(key));
    addHeader(key, value);
  }

  @Override
  public void addHeader(String key, String value) {
    headers.add(new Reply.Header(key, value));
  }

  @Override
  public void setContentType(String contentType) {
    setHeader(CONTENT_TYPE, contentType);
  }

  @Override
  public OutputStream getOutputStream() {
    return output;
  }

  /** The answer as it is now. */
  Reply reply() {
    String type = null;
    List<Reply.Header> others = new ArrayList<>();
    for (Reply.Header header : headers) {
      if (header.name().equalsIgnoreCase(CONTENT_TYPE)) {
        type = header.value();
      } else {
        others.add(header);
      }
    }
    return new Reply(status, phrase, type, List.copyOf(others), Body.of(output.bytes()));
  }

  private static final class Output extends OutputStream {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final int most;

    Output(int most) {
      this.most = most;
    }

    @Override
    public void write(int single) throws IOException {
      check(1);
      bytes.write(single);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      check(length);
      bytes.write(from, offset, length);
    }

    private void check(int more) throws IOException {
      if ((long) bytes.size() + more > most) {
        throw new IOException(
            "The answer is too large (expected: at most " + most + " bytes, max_response_size)");
      }
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }
  }
}
