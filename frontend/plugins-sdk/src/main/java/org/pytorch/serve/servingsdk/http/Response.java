package org.pytorch.serve.servingsdk.http;

import java.io.IOException;
import java.io.OutputStream;

/**
 * The answer of an endpoint; it is sent when the endpoint returns, 200 unless it says otherwise.
 */
public interface Response {
  /** Sets the status. */
  void setStatus(int status);

  /** Sets the status and the words behind it. */
  void setStatus(int status, String phrase);

  /** Sets a header in place of those of the same name. */
  void setHeader(String key, String value);

  /** Adds a header beside those of the same name. */
  void addHeader(String key, String value);

  /** Sets the media type of the body. */
  void setContentType(String contentType);

  /**
   * Takes the body, at most {@code max_response_size} bytes. Every call returns the same stream.
   *
   * @throws IOException if it can't be written
   */
  OutputStream getOutputStream() throws IOException;
}
