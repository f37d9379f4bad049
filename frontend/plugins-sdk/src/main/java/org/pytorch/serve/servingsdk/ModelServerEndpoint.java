package org.pytorch.serve.servingsdk;

import java.io.IOException;
import org.pytorch.serve.servingsdk.http.Request;
import org.pytorch.serve.servingsdk.http.Response;

/**
 * A route that a plugin adds. A subclass has a public constructor without parameters, carries
 * {@link org.pytorch.serve.servingsdk.annotations.Endpoint}, and stands in {@code
 * META-INF/services/org.pytorch.serve.servingsdk.ModelServerEndpoint} of its jar. One object serves
 * all requests, several of them at the same time.
 */
public abstract class ModelServerEndpoint {
  /** Makes an endpoint. */
  public ModelServerEndpoint() {}

  /**
   * Answers GET.
   *
   * @param request what the client sent
   * @param response what the client gets
   * @param context what may be known of the server
   * @throws ModelServerEndpointException if there is no answer
   * @throws IOException if reading or writing fails
   */
  public void doGet(Request request, Response response, Context context)
      throws ModelServerEndpointException, IOException {
    throw unanswered("GET");
  }

  /**
   * Answers PUT.
   *
   * @param request what the client sent
   * @param response what the client gets
   * @param context what may be known of the server
   * @throws ModelServerEndpointException if there is no answer
   * @throws IOException if reading or writing fails
   */
  public void doPut(Request request, Response response, Context context)
      throws ModelServerEndpointException, IOException {
    throw unanswered("PUT");
  }

  /**
   * Answers POST.
   *
   * @param request what the client sent
   * @param response what the client gets
   * @param context what may be known of the server
   * @throws ModelServerEndpointException if there is no answer
   * @throws IOException if reading or writing fails
   */
  public void doPost(Request request, Response response, Context context)
      throws ModelServerEndpointException, IOException {
    throw unanswered("POST");
  }

  /**
   * Answers DELETE.
   *
   * @param request what the client sent
   * @param response what the client gets
   * @param context what may be known of the server
   * @throws ModelServerEndpointException if there is no answer
   * @throws IOException if reading or writing fails
   */
  public void doDelete(Request request, Response response, Context context)
      throws ModelServerEndpointException, IOException {
    throw unanswered("DELETE");
  }

  private ModelServerEndpointException unanswered(String method) {
    return new ModelServerEndpointException(getClass().getName() + " does not answer " + method);
  }
}
