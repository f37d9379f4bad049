/** Words of the annotations. */
package org.pytorch.serve.servingsdk.annotations.helpers;
