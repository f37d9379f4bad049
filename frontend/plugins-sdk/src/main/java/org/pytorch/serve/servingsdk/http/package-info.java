/** HTTP as endpoints see it. */
package org.pytorch.serve.servingsdk.http;
