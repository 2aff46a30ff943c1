export async function POST(request) {
  return Response.json({ echo: await request.json() }, { status: 201 });
}
