package org.pytorch.serve.servingsdk.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** A request to an endpoint. */
public interface Request {
  /** Names of the headers, each once, in the client's spelling. */
  List<String> getHeaderNames();

  /** Path and query as they stand in the request line. */
  String getRequestURI();

  /** Values of the query's parameters by name, in their order. */
  Map<String, List<String>> getParameterMap();

  /** Values of one parameter of the query; null: it is not there. */
  List<String> getParameter(String key);

  /** Media type of the body without its parameters; null: there is none. */
  String getContentType();

  /**
   * The body, without its content coding. Every call returns the same stream.
   *
   * @throws IOException if it can't be read
   */
  InputStream getInputStream() throws IOException;
}
