package org.pytorch.serve.servingsdk;

/** An endpoint could not answer; the client gets status 500 and the message. */
public class ModelServerEndpointException extends RuntimeException {
  /** Makes one with a message for the client. */
  public ModelServerEndpointException(String message) {
    super(message);
  }

  /** Makes one with a message for the client and the reason behind it. */
  public ModelServerEndpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
